/** The Node: registered, kept alive by its Lease, its status told. */
@NullMarked
package dev.coracle.kubelet.internal.node;

import org.jspecify.annotations.NullMarked;
