/** Options of the kubelet's HTTPS API. */
@NullMarked
package dev.coracle.kubelet.server.config;

import org.jspecify.annotations.NullMarked;
