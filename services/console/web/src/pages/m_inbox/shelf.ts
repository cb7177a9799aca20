import type { Item, Shelf } from "./queue";

const STORE = "deeds";

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "seq", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function answer<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** A shelf in this browser, one for each person: photos of one are none of another's. */
export async function shelfOf(person: string): Promise<Shelf> {
  const db = await opened(`chuishao.queue.${person}`);
  const store = (mode: IDBTransactionMode): IDBObjectStore => db.transaction(STORE, mode).objectStore(STORE);
  return {
    all: () => answer(store("readonly").getAll() as IDBRequest<Item[]>),
    put: async (item) => {
      item.seq = (await answer(store("readwrite").put(item))) as number;
      return item;
    },
    drop: async (seq) => void (await answer(store("readwrite").delete(seq))),
  };
}
