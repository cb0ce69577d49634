// Loaded by Jest before each test file: what raw statements answer is compared with what their readers expect, and what
// reactions publish with what they declare.
import { checkPublications } from '../../messaging/reactions/batch/check-publications.ts'
import { checkRows } from '../../platform/database/statements/rows.ts'

checkRows()
checkPublications()
