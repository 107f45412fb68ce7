/** As much of LangGraph as the contestants use. */

declare const value: unique symbol

/** What holds one field of the state. */
interface Channel<T> {
  readonly [value]: T
}

interface Annotation {
  <T>(): Channel<T>
  <T>(rules: { reducer(before: T, update: T): T; default(): T }): Channel<T>
  Root<S>(fields: { readonly [K in keyof S]: Channel<S[K]> }): Channel<S>
}

interface Graph<S> {
  addNode(name: string, node: (state: S) => Partial<S> | Promise<Partial<S>>): this
  /** After several nodes: when all of them are done. */
  addEdge(from: string | string[], to: string): this
  compile(): { invoke(state: Partial<S>): Promise<S> }
}

interface LangGraph {
  readonly Annotation: Annotation
  readonly StateGraph: new <S>(state: Channel<S>) => Graph<S>
  readonly START: string
  readonly END: string
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = '@langchain/langgraph'

export const { Annotation, StateGraph, START, END }: LangGraph = await import(name)
