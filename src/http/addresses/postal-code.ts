/**
 * Countries whose addresses may have no postcode: those that the Universal Postal Union lists without a postcode system, and those
 * where its use is not general (Ireland, Bolivia, Ghana, Jamaica, Mauritania, Panama, Tanzania).
 */
const WITHOUT: ReadonlySet<string> = new Set(
  (
    'AE AG AO AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP LY ML ' +
    'MO MR MW NR NU PA QA RW SB SC SL SO SR SS ST SX SY TD TF TG TK TL TO TV TZ UG VU WS YE ZW'
  ).split(' '),
)

/** Whether an address in this country is complete only with a postcode. Its form is not looked at: countries change theirs. */
export const needsPostalCode = (country: string): boolean => !WITHOUT.has(country)
