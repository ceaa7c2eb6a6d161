/** A place that the provider fills with a fragment. Made once; what the SDK puts into it stays. */
import { Component } from "preact";

interface SlotProps {
  /** NAME of `sip:id-NAME@domain`. */
  name: string;
  label: string;
  testId: string;
  live: "off" | "polite";
}

export class Slot extends Component<SlotProps> {
  override shouldComponentUpdate(): boolean {
    return false;
  }

  override render() {
    const { name, label, testId, live } = this.props;
    return (
      <div id={name} class="slot" data-testid={testId} role="region" aria-label={label} aria-live={live} />
    );
  }
}
