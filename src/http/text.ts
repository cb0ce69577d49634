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
    // oxlint-disable-next-line no-control-regex -- all of them but tab and line breaks
    .regex(/^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
    .meta({ examples: [example] })
