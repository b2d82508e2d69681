/** Routing tables, backends from Vert.x Service Discovery, certificates, and status. */
@NullMarked
package dev.coracle.ingress.internal;

import org.jspecify.annotations.NullMarked;
