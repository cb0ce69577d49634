import { missingTexts } from './other-releases.ts'

test('the texts are there by which other releases are made', () => expect(missingTexts()).toEqual([]))
