/** Containers' logs in the form that the kubelet reads. */
@NullMarked
package dev.coracle.criruntime.log;

import org.jspecify.annotations.NullMarked;
