export { screen, type Screening } from './screen.ts'
