/** The field for the relay's address, which hardly anybody has to touch. */

import { Input } from "../common/widgets.tsx";

/** The field. */
export function RelayInput(props: { value: string; set: (value: string) => void; error: string | null }) {
  return (
    <Input
      label="Relay"
      name="relay"
      value={props.value}
      set={props.set}
      error={props.error}
      hint="Leave it as it is; only a page opened through spotter serve needs the relay’s own address"
    />
  );
}
