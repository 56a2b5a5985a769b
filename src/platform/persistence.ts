/**
 * Asks the browser not to clear this site's data when the disk gets full. True when it promises. Some browsers ask the
 * person: call it when they have just done something that makes the question make sense.
 */
export async function askForPersistence(storage: StorageManager | undefined = browserStorage()): Promise<boolean> {
  if (!storage) return false;
  return (await storage.persisted()) || storage.persist();
}

function browserStorage(): StorageManager | undefined {
  // Typed as always there; absent on insecure origins.
  return (navigator as Partial<Navigator>).storage;
}
