/** Service addresses as sockets of this process, where nftables cannot be used. */
@NullMarked
package dev.coracle.proxy.internal.userspace;

import org.jspecify.annotations.NullMarked;
