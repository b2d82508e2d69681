/** EndpointSlices and Endpoints: which pods answer for a Service. */
@NullMarked
package dev.coracle.controllers.internal.endpoints;

import org.jspecify.annotations.NullMarked;
