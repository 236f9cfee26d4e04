/** A part of the view and whether its source answers; `absent` is not running here at all. */
export type Part<T> = { readonly state: 'up'; readonly value: T } | { readonly state: 'down' | 'absent' };
