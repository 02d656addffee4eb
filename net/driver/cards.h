/* Network cards of PCI: each is started by a function of its own. */
#ifndef NET_DRIVER_CARDS_H
#define NET_DRIVER_CARDS_H

#include "bare/pci.h"
#include "net/driver/device.h"

/* Null: it is another card, does not answer, or there is no interrupt or memory for it. May block.
 */
struct net_device *e1000_start(const struct pci_device *pci);
struct net_device *rtl8139_start(const struct pci_device *pci);

#endif
