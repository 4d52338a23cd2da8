/** One look at what the proxies do; adapters ask Envoy's admin port or probe through the gateway. */
export interface DataPlane {
  /** Undefined once every proxy routes the host by this stamp to the Services of the sides; else why not yet. */
  missing(host: string, stamp: string, sides: readonly ServicePlace[]): Promise<string | undefined>;
  /** Requests in flight to the Service over all proxies; undefined where they do not tell. */
  inFlight?(service: ServicePlace): Promise<number>;
  /** Addresses (`ip:port`) that the proxies would send requests for the Service to; undefined where they do not tell. */
  endpoints?(service: ServicePlace): Promise<string[]>;
}

export interface ServicePlace {
  readonly namespace: string;
  readonly name: string;
}
