import type { Journal } from '../index.ts'

/** All functions of a journal, which may be methods of a class: for a journal in front of it. */
export function inFrontOf(inner: Journal): Journal {
  const { isLasting } = inner
  return {
    append: (...all) => inner.append(...all),
    read: (...all) => inner.read(...all),
    partitions: () => inner.partitions(),
    saved: partition => inner.saved(partition),
    save: (...all) => inner.save(...all),
    prune: (...all) => inner.prune(...all),
    newest: most => inner.newest(most),
    readers: () => inner.readers(),
    marks: reader => inner.marks(reader),
    mark: (...all) => inner.mark(...all),
    delete: (...all) => inner.delete(...all),
    close: () => inner.close(),
    ...(isLasting !== undefined && { isLasting }),
    ...(inner.handing && { handing: (...all: Handing) => inner.handing?.(...all) }),
    ...(inner.inHand && { inHand: async () => inner.inHand?.() }),
  }
}

type Handing = Parameters<NonNullable<Journal['handing']>>
