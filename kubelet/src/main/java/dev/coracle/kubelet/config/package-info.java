/** The kubelet's options. */
@NullMarked
package dev.coracle.kubelet.config;

import org.jspecify.annotations.NullMarked;
