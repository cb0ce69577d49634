import { Table } from '@mantine/core'
import { Fragment, type Key, type ReactNode } from 'react'

export interface Column {
  name: ReactNode
  /** Digits stand below each other. */
  number?: boolean
  /** Not on a telephone; its cells have the class `wide-only`. */
  wideOnly?: boolean
  sorted?: 'ascending' | 'descending' | undefined
}

interface Given<Row> {
  /** What its rows are, for those who do not see it: the name of the table, which no other of the page has. */
  of: string
  /** A text is the name of a column. Without columns there is no head. */
  columns?: readonly (string | Column)[]
  rows: readonly Row[]
  keyOf: (row: Row) => Key
  /** In the place of a table without rows. */
  empty: ReactNode
  /**
   * What becomes of a row on a telephone, where cells are named by their `data-label`: each beneath the other, or numbers as tiles beneath
   * the first cell. @default the table moves sideways
   */
  narrow?: 'stacked' | 'tiles'
  /** A `Table.Tr`. */
  children: (row: Row) => ReactNode
}

/** Rows beneath their heads, which a narrow screen moves sideways; or why there are none. */
export function Listing<Row>({ of, columns = [], rows, keyOf, empty, narrow, children }: Given<Row>) {
  if (rows.length === 0) return empty
  return (
    <div
      className={narrow ? `table-scroll stacked ${narrow}` : 'table-scroll'}
      tabIndex={0}
      role="region"
      aria-label={`Table of ${of}`}
    >
      <Table>
        {columns.length > 0 && (
          <Table.Thead>
            <Table.Tr>
              {columns.map(asColumn).map((column, index) => (
                <Head key={index} {...column} />
              ))}
            </Table.Tr>
          </Table.Thead>
        )}
        <Table.Tbody>
          {rows.map((row) => (
            <Fragment key={keyOf(row)}>{children(row)}</Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

/** Above buttons there is no name. */
function Head({ name, number, wideOnly, sorted }: Column) {
  if (name === '') return <Table.Td />
  const names = `${number ? 'number' : ''} ${wideOnly ? 'wide-only' : ''}`
  return (
    <Table.Th className={names} aria-sort={sorted} scope="col">
      {name}
    </Table.Th>
  )
}

const asColumn = (column: string | Column): Column => (typeof column === 'string' ? { name: column } : column)

/** A column of numbers. */
export const numbers = (name: string): Column => ({ name, number: true })
