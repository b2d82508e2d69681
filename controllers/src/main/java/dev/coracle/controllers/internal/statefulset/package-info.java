/** StatefulSets: pods with names and volumes of their own, in order. */
@NullMarked
package dev.coracle.controllers.internal.statefulset;

import org.jspecify.annotations.NullMarked;
