import { defineRates } from './define-rates.ts'

/**
 * The rates of this shop: yours to replace. They are read at the start of the API, and checked: an amount with too many decimals,
 * say, ends it there. What an order costs is kept with it, so a change touches later orders alone.
 */
export const SHOP_RATES = defineRates({
  taxes: [
    { country: 'GB', name: 'VAT', percent: '20', included: true },
    { country: 'DE', name: 'MwSt', percent: '19', included: true },
    { country: 'US', region: 'CA', name: 'Sales tax', percent: '7.25' },
    { country: 'US', region: 'NY', name: 'Sales tax', percent: '8.875' },
  ],
  shippingMethods: [
    { code: 'standard', name: 'Standard', prices: { GBP: '4.95', EUR: '5.95', USD: '7.50' }, freeFrom: { GBP: '75' } },
    { code: 'express', name: 'Express', countries: ['GB', 'DE'], prices: { GBP: '12.00', EUR: '14.00' } },
  ],
  discounts: [
    { code: 'WELCOME10', off: { percent: '10' } },
    { code: 'FREESHIP', on: 'shipping', off: { percent: '100' }, minimum: { GBP: '20', EUR: '25' } },
  ],
})
