/** Tests. */
@NullMarked
package dev.coracle.kubelet.server.internal.link;

import org.jspecify.annotations.NullMarked;
