import type { Label, Words } from './words.ts'

export const fr: Words = {
  greeting: (name) => (name === undefined ? 'Bonjour,' : `Bonjour ${name},`),
  orderNumber: (order) => `Numéro de commande\u00a0: ${order}`,
  closing: 'Fanfare',
  confirmed: {
    subject: (order) => `Votre commande ${order} est confirmée`,
    text: 'Merci. Votre commande est confirmée et sera bientôt expédiée.',
    total: 'Total',
  },
  rows: {
    discount: (code) => `Remise ${code}`,
    shipping: (method) => `Livraison\u00a0: ${method}`,
    tax: (name, percent, included) => `${name} ${percent.replace('.', ',')}\u00a0%${included ? ' (incluse)' : ''}`,
  },
  rejected: {
    subject: (order) => `Nous n’avons pas pu accepter votre commande ${order}`,
    text: 'Nous sommes désolés\u00a0: nous n’avons pas pu accepter votre commande.',
    why: {
      'out-of-stock': 'Un article n’est plus en stock.',
      'payment-declined': 'Votre paiement a été refusé.',
      'fraud-suspected': 'Nous n’avons pas pu vérifier votre commande.',
    },
    money: 'Rien ne vous a été débité\u00a0; un montant éventuellement réservé est de nouveau disponible.',
  },
  cancelled: {
    subject: (order) => `Votre commande ${order} est annulée`,
    text: 'Votre commande est annulée. Ce qui a été payé vous est remboursé.',
    reason: (words) => `Motif\u00a0: ${words}`,
  },
  shipped: {
    subject: (order) => `Votre commande ${order} est en route`,
    text: (carrier, trackingNumber) => `Votre colis est chez ${carrier}, sous le numéro de suivi ${trackingNumber}.`,
  },
  received: {
    subject: (order) => `Nous avons reçu votre retour de la commande ${order}`,
    text: 'Votre retour est arrivé. Ce que vous avez payé vous est remboursé, si cela n’a pas déjà été fait.',
    total: 'Payé',
  },
  parcel: {
    subject: (order) => `Un colis de votre commande ${order} est en route`,
    holds: 'Dans ce colis :',
  },
  refunded: {
    subject: (order) => `Votre remboursement pour la commande ${order}`,
    text: (amount) => `Nous vous avons remboursé ${amount}.`,
  },
  texts: {
    shipped: (order, label) => `Fanfare : votre commande ${order} est en route${under(label)}.`,
    parcel: (order, label) => `Fanfare : un colis de votre commande ${order} est en route${under(label)}.`,
    delivered: (order) => `Fanfare : votre commande ${order} est livrée.`,
    cancelled: (order) => `Fanfare : votre commande ${order} est annulée. Ce qui a été payé vous est remboursé.`,
  },
}

const under = ({ carrier, trackingNumber }: Label) =>
  `${carrier ? ` avec ${carrier}` : ''}${trackingNumber ? `, numéro de suivi ${trackingNumber}` : ''}`
