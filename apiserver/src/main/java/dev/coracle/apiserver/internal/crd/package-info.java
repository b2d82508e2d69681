/** Custom resources: from a definition to a served resource, live. */
@NullMarked
package dev.coracle.apiserver.internal.crd;

import org.jspecify.annotations.NullMarked;
