import { Table } from '@mantine/core'
import { Fragment, type Key, type ReactNode } from 'react'

export interface Column {
  name: ReactNode
  /** Digits stand below each other. */
  number?: boolean
  sorted?: 'ascending' | 'descending' | undefined
}

interface Given<Row> {
  /** A text is the name of a column. Without columns there is no head. */
  columns?: readonly (string | Column)[]
  rows: readonly Row[]
  keyOf: (row: Row) => Key
  /** In the place of a table without rows. */
  empty: ReactNode
  /** A `Table.Tr`. */
  children: (row: Row) => ReactNode
}

/** Rows beneath their heads, which a narrow screen moves sideways; or why there are none. */
export function Listing<Row>({ columns = [], rows, keyOf, empty, children }: Given<Row>) {
  if (rows.length === 0) return empty
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Table">
      <Table>
        {columns.length > 0 && (
          <Table.Thead>
            <Table.Tr>
              {columns.map(asColumn).map(({ name, number, sorted }, index) => (
                <Table.Th key={index} className={number ? 'number' : undefined} aria-sort={sorted} scope="col">
                  {name}
                </Table.Th>
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

const asColumn = (column: string | Column): Column => (typeof column === 'string' ? { name: column } : column)

/** A column of numbers. */
export const numbers = (name: string): Column => ({ name, number: true })
