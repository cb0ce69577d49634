import type { z } from 'zod'
import { PERSONAL } from '#messaging'

/**
 * Marks a text as personal: it is sealed wherever the event is stored or sent, and gone when its person is forgotten.
 * @param instead what stands in its place then, and for those who may not see it; it must fit the schema
 */
export const personal = <Text extends z.ZodType<string>>(schema: Text, instead = '-'): Text =>
  schema.meta({ [PERSONAL]: instead })
