/**
 * Countries whose addresses may have no postcode: those that the Universal Postal Union lists without a postcode system, and those
 * where its use is not general. Held against Google's libaddressinput and the packages postal-codes-js and postcode-validator in November
 * 2026: libaddressinput requires a postcode in none of these, and where two of the three do without one it is not required here.
 */
const WITHOUT: ReadonlySet<string> = new Set(
  (
    'AE AG AO AQ AW BF BI BJ BM BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM EH ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP ' +
    'LC LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SO SR SS ST SX SY TD TF TG TK TL TO TT TV TZ UG UM VU WS YE ZW'
  ).split(' '),
)

/** Whether an address in this country is complete only with a postcode. Its form is not looked at: countries change theirs. */
export const needsPostalCode = (country: string): boolean => !WITHOUT.has(country)
