import type { Label, Words } from './words.ts'

export const de: Words = {
  greeting: (name) => (name === undefined ? 'Guten Tag,' : `Guten Tag ${name},`),
  orderNumber: (order) => `Bestellnummer: ${order}`,
  closing: 'Fanfare',
  confirmed: {
    subject: (order) => `Ihre Bestellung ${order} ist bestätigt`,
    text: 'Vielen Dank. Ihre Bestellung ist bestätigt und macht sich bald auf den Weg.',
    total: 'Gesamtbetrag',
  },
  rows: {
    discount: (code) => `Rabatt ${code}`,
    shipping: (method) => `Versand: ${method}`,
    tax: (name, percent, included) => `${name} ${percent.replace('.', ',')}\u00a0%${included ? ' (enthalten)' : ''}`,
  },
  rejected: {
    subject: (order) => `Wir konnten Ihre Bestellung ${order} nicht annehmen`,
    text: 'Es tut uns leid: Wir konnten Ihre Bestellung nicht annehmen.',
    why: {
      'out-of-stock': 'Etwas davon ist nicht mehr vorrätig.',
      'payment-declined': 'Ihre Zahlung wurde abgelehnt.',
      'fraud-suspected': 'Wir konnten Ihre Bestellung nicht überprüfen.',
    },
    money: 'Ihnen wurde nichts berechnet; ein vorgemerkter Betrag ist wieder frei.',
  },
  cancelled: {
    subject: (order) => `Ihre Bestellung ${order} ist storniert`,
    text: 'Ihre Bestellung ist storniert. Was dafür bezahlt wurde, erhalten Sie zurück.',
    reason: (words) => `Grund: ${words}`,
  },
  shipped: {
    subject: (order) => `Ihre Bestellung ${order} ist unterwegs`,
    text: (carrier, trackingNumber) => `Ihr Paket ist bei ${carrier}, unter der Sendungsnummer ${trackingNumber}.`,
  },
  received: {
    subject: (order) => `Ihre Rücksendung zur Bestellung ${order} ist da`,
    text: 'Ihre Rücksendung ist angekommen. Was Sie dafür bezahlt haben, erhalten Sie zurück, soweit es nicht schon erstattet ist.',
    total: 'Dafür bezahlt',
  },
  parcel: {
    subject: (order) => `Ein Paket Ihrer Bestellung ${order} ist unterwegs`,
    holds: 'In diesem Paket:',
  },
  refunded: {
    subject: (order) => `Ihre Erstattung zur Bestellung ${order}`,
    text: (amount) => `Wir haben Ihnen ${amount} erstattet.`,
  },
  texts: {
    shipped: (order, label) => `Fanfare: Ihre Bestellung ${order} ist unterwegs${under(label)}.`,
    parcel: (order, label) => `Fanfare: ein Paket Ihrer Bestellung ${order} ist unterwegs${under(label)}.`,
    delivered: (order) => `Fanfare: Ihre Bestellung ${order} ist zugestellt.`,
    cancelled: (order) =>
      `Fanfare: Ihre Bestellung ${order} ist storniert. Was dafür bezahlt wurde, erhalten Sie zurück.`,
  },
}

const under = ({ carrier, trackingNumber }: Label) =>
  `${carrier ? ` mit ${carrier}` : ''}${trackingNumber ? `, Sendungsnummer ${trackingNumber}` : ''}`
