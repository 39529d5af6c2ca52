#ifndef CFAISS_H
#define CFAISS_H
#endif
