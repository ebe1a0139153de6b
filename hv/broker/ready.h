/* Telling whoever started us that we serve. */
#ifndef NUNCIO_BROKER_READY_H
#define NUNCIO_BROKER_READY_H

/*
 * Writes READY=1 to the socket that the environment's NOTIFY_SOCKET names, if
 * there is one: a systemd unit of Type=notify is then started, and units behind
 * it find the domains' sockets. That nobody listens is no error.
 *
 * Spec: systemd, sd_notify(3).
 */
void ready_tell(void);

#endif /* NUNCIO_BROKER_READY_H */
