/**
 * A client of the message bus (D-Bus specification 0.43), as small as talking to systemd-logind
 * needs: its own socket, since descriptors come over it, which Java's channels drop.
 */
@NullMarked
package dev.coracle.kubelet.internal.dbus;

import org.jspecify.annotations.NullMarked;
