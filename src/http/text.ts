import { z } from 'zod'

/**
 * PostgreSQL's text and jsonb hold neither NUL nor lone surrogates, and no name needs a line break.
 * @param example for the documentation, which would make up a random one
 */
export const text = (min: number, max: number, example: string) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
    .meta({ examples: [example] })

/** The same, and may have lines. */
export const paragraphs = (min: number, max: number, example: string) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .regex(/^([^\p{Cc}\p{Cs}]|[\t\n\r])*$/u, 'must not hold control characters but line breaks, nor lone surrogates')
    .meta({ examples: [example] })
