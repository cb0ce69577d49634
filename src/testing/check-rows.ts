// Loaded by Jest before each test file: what raw statements answer is compared with what their readers expect.
import { checkRows } from '../platform/database/rows.ts'

checkRows()
