/** Distance of a fall: a warning by itself. */
const DISTANCE = 1.6;

/** A cumulative total that falls though it never fell before. */
export class FallingTotal {
  readonly name = 'falling_total';
  private fell = false;

  /** `change` since the point before. Distance in limits. */
  observe(change: number): number {
    if (change >= 0) return 0;
    const distance = this.fell ? 0 : DISTANCE;
    this.fell = true;
    return distance;
  }
}
