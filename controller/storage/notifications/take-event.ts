import { HOUSEKEEPER } from '../../../shared/scope/housekeeping.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { RegistryEvent } from './registry-event.ts';

/** Writes an event into the inventory. What the housekeeper reads is no use of an entry. */
export function takeEvent(inventory: Inventory, event: RegistryEvent, now: number): void {
  switch (event.action) {
    case 'push':
      inventory.recordPush(event.manifest, event.tag, now);
      return;
    case 'pull':
      if (event.actor !== HOUSEKEEPER) inventory.recordPull(event.manifest, event.tag, now);
      return;
    case 'delete':
      inventory.forget(event.repository, event.digest);
      return;
    case 'untag':
      inventory.forgetTag(event.repository, event.tag);
  }
}
