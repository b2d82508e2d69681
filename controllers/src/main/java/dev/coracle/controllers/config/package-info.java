/** The controllers' options. */
@NullMarked
package dev.coracle.controllers.config;

import org.jspecify.annotations.NullMarked;
