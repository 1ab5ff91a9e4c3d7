/** Move to an element of the page, unfolding whatever it is folded in. */
export function goTo(id: string): void {
  if (!document.getElementById(id))
    document.querySelector('section[aria-label="Incidents"]')?.dispatchEvent(new Event('reveal'));
  const place = document.getElementById(id);
  const folded = place?.closest('details');
  if (folded) folded.open = true;
  place?.scrollIntoView({ block: 'start' });
  place?.focus({ preventScroll: true });
}
