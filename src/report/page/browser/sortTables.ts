/** Makes a click on a heading sort its table's rows; what is missing comes last either way. */
for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  for (const [column, head] of heads.entries())
    head.querySelector('button')?.addEventListener('click', () => {
      const isDescending = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
      sort(table, column, isDescending);
    });
}

function sort(table: HTMLTableElement, column: number, isDescending: boolean): void {
  const rows = [...(table.tBodies[0]?.rows ?? [])].map((row) => {
    const { dataset, textContent } = row.cells[column] as HTMLTableCellElement;
    return { row, key: dataset.value ?? textContent, isMissing: textContent === '–' };
  });
  rows.sort((a, b) => {
    if (a.isMissing || b.isMissing) return Number(a.isMissing) - Number(b.isMissing);
    const [x, y] = [Number(a.key), Number(b.key)];
    const order = Number.isNaN(x) || Number.isNaN(y) ? a.key.localeCompare(b.key, 'en', { numeric: true }) : x - y;
    return isDescending ? -order : order;
  });
  table.tBodies[0]?.append(...rows.map(({ row }) => row));
}
