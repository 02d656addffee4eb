/* The list of PCI devices in the log. */
#ifndef GUEST_BARE_PCI_LOG_H
#define GUEST_BARE_PCI_LOG_H

/* If the log is verbose. */
void pci_log(void);

/* Lines "vendor name", each followed by lines "\tdevice name" of its devices, numbers with four
 * digits; empty if the build had no names. */
extern const char pci_names[];

#endif
