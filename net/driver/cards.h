/* Network cards of PCI: each is started by a function of its own. */
#ifndef NET_DRIVER_CARDS_H
#define NET_DRIVER_CARDS_H

#include "bare/pci.h"
#include "net/driver/device.h"

/* Null: it is another card, or cannot be used; *reason is set then. May block. */
struct net_device *e1000_start(const struct pci_device *pci, const char **reason);
struct net_device *rtl8139_start(const struct pci_device *pci, const char **reason);

/* Before the program begins: if it is a card that does not reach all memory, takes what it needs.
 */
void rtl8139_set_aside(const struct pci_device *pci);

#endif
