/** What is there at once is answered at once; only what has to be fetched is a promise. For the hottest paths. */
export type MaybePromise<Value> = Value | Promise<Value>;
