/** The HTTP front: listener, negotiation of forms, bodies in and answers out. */
@NullMarked
package dev.coracle.apiserver.internal.http;

import org.jspecify.annotations.NullMarked;
