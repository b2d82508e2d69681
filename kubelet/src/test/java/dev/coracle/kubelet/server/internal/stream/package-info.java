/** Tests. */
@NullMarked
package dev.coracle.kubelet.server.internal.stream;

import org.jspecify.annotations.NullMarked;
