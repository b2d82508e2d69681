/** The kubelet's inside: nothing here is for other modules. */
@NullMarked
package dev.coracle.kubelet.internal;

import org.jspecify.annotations.NullMarked;
