/** Whether the server is there. */
import { computed, signal } from '@preact/signals';
import { isReachable } from '../api/http.ts';

/** It has said who is signed in: that is not only known from the last visit. */
export const isConfirmed = signal(false);
/** What is written can be sent: the server answers, and one that has just started no longer refuses to say who that is. */
export const isThere = computed(() => isReachable.value && isConfirmed.value);
