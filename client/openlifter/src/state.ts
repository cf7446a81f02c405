/** The shape of OpenLifter's store, as far as the adapter looks into it, and its actions. */

/** A lifter's registration. */
export type Entry = { id: number } & Record<string, unknown>;

/** The entries, in display order. */
export type Registration = {
  nextEntryId: number;
  entries: readonly Entry[];
  lookup: Record<string, number>;
} & Record<string, unknown>;

/** What one screen looks at. */
export type Lifting = { day: number; platform: number } & Record<string, unknown>;

/** OpenLifter's whole store; slices that are not named here are left alone. */
export type StoreState = {
  meet: Record<string, unknown>;
  registration: Registration;
  lifting: Lifting;
} & Record<string, unknown>;

/** A plain Redux action. */
export type Action = { type: string } & Record<string, unknown>;

/** The actions that change the shared meet. All others concern one screen alone, or somebody else's slices. */
const SHARED = new Set([
  "SET_MEET_NAME",
  "SET_FORMULA",
  "SET_FEDERATION",
  "SET_DIVISIONS",
  "SET_MEET_DATE",
  "SET_LENGTH_DAYS",
  "SET_PLATFORM_COUNT",
  "SET_IN_KG",
  "SET_WEIGHTCLASSES",
  "SET_BAR_AND_COLLARS_WEIGHT_KG",
  "SET_PLATE_CONFIG",
  "UPDATE_MEET",
  "NEW_REGISTRATION",
  "DELETE_REGISTRATION",
  "UPDATE_REGISTRATION",
  "MERGE_PLATFORM",
  "ASSIGN_LOT_NUMBERS",
  "ENTER_ATTEMPT",
  "MARK_LIFT",
  "SET_LIFTING_GROUP",
  "OVERRIDE_ATTEMPT",
  "OVERRIDE_ENTRY_ID",
]);

/** Whether an action changes the shared meet. */
export function isShared(action: Action): boolean {
  return SHARED.has(action.type);
}

/** Actions about one lifter, whom the reducers take to exist. */
const OF_ENTRY = new Set(["UPDATE_REGISTRATION", "ENTER_ATTEMPT", "MARK_LIFT"]);

/** Whether an action is about a lifter who is not in the store, which the reducers would throw at or spoil the list for. */
export function isOfNobody(action: Action, state: StoreState): boolean {
  return (
    OF_ENTRY.has(action.type) && !state.registration.entries.some((entry) => entry.id === action.entryId)
  );
}

/** Equality of JSON values; the order of keys does not count, and an undefined member is an absent one. */
export function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) {
    return true;
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    return false;
  }
  if (Array.isArray(one) !== Array.isArray(other)) {
    return false;
  }
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => equal(left[key], right[key]));
}
