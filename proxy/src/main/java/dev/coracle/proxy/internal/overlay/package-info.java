/**
 * The pods' way between nodes: the kernel's VXLAN device, told of every node by its Node object.
 */
@NullMarked
package dev.coracle.proxy.internal.overlay;

import org.jspecify.annotations.NullMarked;
