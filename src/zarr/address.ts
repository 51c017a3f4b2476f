/** The protocol of an address such as `https://host/path`, in small letters; `undefined` where it is a path. */
export function protocolOf(place: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
}

/** Whether a place is named by an address, not by a path. */
export function isAddress(place: string): boolean {
  return protocolOf(place) !== undefined;
}
