import { z } from 'zod'
import { isMailAddress } from '#platform/mail-address'

/** Of any language: the part before the `@` in UTF-8 (RFC 6531), the domain in its own script or as `xn--` (IDNA). */
export const mailAddress = z
  .string()
  .trim()
  .normalize('NFC')
  .max(254)
  .refine(isMailAddress, 'must be an e-mail address such as ada@example.com')
  .meta({ format: 'idn-email', examples: ['ada@example.com'] })
