/** Routing, authentication, authorisation and the plain request handlers of the kubelet's API. */
@NullMarked
package dev.coracle.kubelet.server.internal.http;

import org.jspecify.annotations.NullMarked;
