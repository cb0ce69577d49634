import { z } from 'zod'
import { country, mailAddress, needsPostalCode, text } from '#http'
import { internationalNumber } from '#platform/phone-number'

export const CustomerInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace'),
    email: mailAddress.describe('In any script: the part before the @ in UTF-8, the domain as it is or as xn--'),
    phone: z
      .string()
      .regex(/^\+?[0-9][0-9 ().-]{4,24}$/, 'must be a phone number such as +44 20 7946 0000')
      .meta({ examples: ['+44 20 7946 0000'] })
      .optional(),
    locale: z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag of BCP 47 such as de-AT')
      .meta({ examples: ['en-GB'] })
      .optional()
      .describe('The language of their mails (BCP 47): en, de, fr; others are written to in English'),
    sms: z
      .boolean()
      .optional()
      .describe(
        'Whether they want to be texted when the order is shipped, delivered or cancelled; then `phone` must be an international number (E.164)',
      ),
  })
  .superRefine(({ phone, sms }, context) => {
    if (!sms || (phone !== undefined && internationalNumber(phone) !== undefined)) return
    context.addIssue({
      code: 'custom',
      path: ['phone'],
      ...(phone === undefined
        ? { params: { code: 'required' }, message: 'is required where `sms` is true' }
        : { message: 'must be an international number (E.164) such as +44 20 7946 0000 where `sms` is true' }),
    })
  })
  .meta({ id: 'Customer' })

export const AddressInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace').optional(),
    line1: text(1, 200, '12 St James Square'),
    line2: text(1, 200, 'Flat 2').optional(),
    city: text(1, 100, 'London'),
    region: text(1, 100, 'CA').optional().describe('State or province; taxes may depend on it'),
    postalCode: text(1, 20, 'SW1Y 4JH').optional().describe('Required where every address of the country has one'),
    country: country.describe('ISO 3166-1 alpha-2; XK for Kosovo'),
  })
  .superRefine(({ country, postalCode }, context) => {
    if (postalCode !== undefined || !needsPostalCode(country)) return
    context.addIssue({
      code: 'custom',
      params: { code: 'required' },
      path: ['postalCode'],
      message: `is required in ${country}`,
    })
  })
  .meta({ id: 'Address' })
